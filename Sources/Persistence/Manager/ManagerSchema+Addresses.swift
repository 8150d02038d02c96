extension Schema {
    /// Where clients were heard from last. Of those that are there that is not known before they ask again.
    static let managerClientAddress = """
        ALTER TABLE client ADD COLUMN address BLOB CHECK (length(address) = 16);
        ALTER TABLE client ADD COLUMN port INTEGER CHECK (port BETWEEN 1 AND 65535);
        ALTER TABLE client ADD COLUMN interface INTEGER CHECK (interface BETWEEN 0 AND 4294967295);
        """
}
