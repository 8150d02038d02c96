// What a power failure would leave of the databases of a program: a layer under SQLite, loaded with LD_PRELOAD into a
// program that uses the system's libsqlite3. For tests only; no product of the package contains it.
//
// A killed process has lost nothing: what it wrote lies in the caches of the kernel. So this layer keeps beside each
// file X what has to be done to it to get back to what was last synchronized, and `PowerCut` of TestSupport does that
// once the process is dead:
//
//   X.power-undo     what each write and truncation since the last xSync of X has replaced; a record is a header and as
//                    many bytes as it says. It is written before the write itself, with plain write(2).
//   X.power-created  X was made, and its folder was not synchronized since
//   X.power-deleted  X was deleted, and its folder was not synchronized since; its own undo lies beside it
//
// A folder is synchronized where the "unix" layer of SQLite does it: with the first xSync of a journal or log, and with
// a deletion that asks for it. The index of a log (X-shm) is made anew after a failure and not looked at.
//
// GOSC_POWER_CUT_SYNC_MICROSECONDS in the environment: how long the disk takes for an xSync besides. Where it is quick, a
// moment drawn at random hardly ever lies between a write and its xSync, and nothing would be there to be taken back.
//
// GOSC_POWER_CUT=off in the environment: nothing of this happens.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNDO ".power-undo"
#define CREATED ".power-created"
#define DELETED ".power-deleted"

// In the byte order of this machine; `UndoRecord` of TestSupport reads it.
struct undo_header {
    uint64_t magic;
    int64_t offset;      // where the replaced bytes began
    int64_t size_before; // of the file
    uint64_t count;      // of the replaced bytes, which follow
};
static const uint64_t undo_magic = 0x676f7363756e646fULL;

struct power_file {
    sqlite3_file base;
    sqlite3_file *real;
    char *path;             // NULL: a file that may get lost, or is only read
    int undo;               // descriptor; -1 before the first write
    int synchronizes_folder; // with the next xSync
};

static struct power_file *of(sqlite3_file *file) { return (struct power_file *)file; }

static sqlite3_vfs *real_vfs;

static char *beside(const char *path, const char *suffix) {
    char *result = NULL;
    return asprintf(&result, "%s%s", path, suffix) < 0 ? NULL : result;
}

static int has(const char *path, const char *suffix) {
    char *name = beside(path, suffix);
    int result = name != NULL && access(name, F_OK) == 0;
    free(name);
    return result;
}

static void drop(const char *path, const char *suffix) {
    char *name = beside(path, suffix);
    if (name != NULL) (void)unlink(name);
    free(name);
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), count = strlen(end);
    return length >= count && strcmp(text + length - count, end) == 0;
}

// Which files a folder has is durable now.
static void folder_synchronized(const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1, slash == NULL ? "." : path);
    DIR *entries = opendir(folder);
    if (entries == NULL) return;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (ends_with(entry->d_name, CREATED) || ends_with(entry->d_name, DELETED) ||
            ends_with(entry->d_name, DELETED UNDO)) {
            (void)unlinkat(dirfd(entries), entry->d_name, 0);
        }
    }
    closedir(entries);
}

static int write_all(int descriptor, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t done = write(descriptor, bytes, count);
        if (done < 0 && errno != EINTR) return 0;
        if (done > 0) bytes += done, count -= (size_t)done;
    }
    return 1;
}

// Notes what a change of `count` bytes from `offset` on replaces.
static int note(struct power_file *file, sqlite3_int64 offset, sqlite3_int64 count) {
    sqlite3_int64 size = 0;
    int result = file->real->pMethods->xFileSize(file->real, &size);
    if (result != SQLITE_OK) return result;
    sqlite3_int64 replaced = offset >= size ? 0 : count < size - offset ? count : size - offset;
    struct undo_header header = {undo_magic, offset, size, (uint64_t)replaced};
    char *record = malloc(sizeof header + (size_t)replaced);
    if (record == NULL) return SQLITE_NOMEM;
    memcpy(record, &header, sizeof header);
    if (replaced > 0) {
        result = file->real->pMethods->xRead(file->real, record + sizeof header, (int)replaced, offset);
    }
    if (result == SQLITE_OK && file->undo < 0) {
        char *name = beside(file->path, UNDO);
        if (name != NULL) file->undo = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        free(name);
    }
    if (result == SQLITE_OK && !write_all(file->undo, record, sizeof header + (size_t)replaced)) {
        result = SQLITE_IOERR_WRITE;
    }
    free(record);
    return result;
}

static int power_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    struct power_file *self = of(file);
    if (self->path != NULL) {
        int result = note(self, offset, count);
        if (result != SQLITE_OK) return result;
    }
    return self->real->pMethods->xWrite(self->real, bytes, count, offset);
}

static int power_truncate(sqlite3_file *file, sqlite3_int64 size) {
    struct power_file *self = of(file);
    if (self->path != NULL) {
        int result = note(self, size, INT_MAX);
        if (result != SQLITE_OK) return result;
    }
    return self->real->pMethods->xTruncate(self->real, size);
}

static int power_sync(sqlite3_file *file, int flags) {
    struct power_file *self = of(file);
    const char *delay = getenv("GOSC_POWER_CUT_SYNC_MICROSECONDS");
    if (delay != NULL) usleep((useconds_t)strtoul(delay, NULL, 10));
    int result = self->real->pMethods->xSync(self->real, flags);
    if (result != SQLITE_OK || self->path == NULL) return result;
    // By name: what a process noted that was killed before is durable now as well.
    char *name = beside(self->path, UNDO);
    if (name == NULL || (truncate(name, 0) != 0 && errno != ENOENT)) result = SQLITE_IOERR_FSYNC;
    free(name);
    if (self->synchronizes_folder) folder_synchronized(self->path);
    self->synchronizes_folder = 0;
    return result;
}

static int power_close(sqlite3_file *file) {
    struct power_file *self = of(file);
    if (self->undo >= 0) close(self->undo);
    free(self->path);
    return self->real->pMethods->xClose(self->real);
}

#define REAL (of(file)->real)
#define REAL_METHODS (REAL->pMethods)

static int power_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    return REAL_METHODS->xRead(REAL, bytes, count, offset);
}
static int power_file_size(sqlite3_file *file, sqlite3_int64 *size) { return REAL_METHODS->xFileSize(REAL, size); }
static int power_lock(sqlite3_file *file, int level) { return REAL_METHODS->xLock(REAL, level); }
static int power_unlock(sqlite3_file *file, int level) { return REAL_METHODS->xUnlock(REAL, level); }
static int power_check_lock(sqlite3_file *file, int *is_reserved) {
    return REAL_METHODS->xCheckReservedLock(REAL, is_reserved);
}
static int power_control(sqlite3_file *file, int operation, void *argument) {
    return REAL_METHODS->xFileControl(REAL, operation, argument);
}
static int power_sector_size(sqlite3_file *file) { return REAL_METHODS->xSectorSize(REAL); }
static int power_characteristics(sqlite3_file *file) {
    // Batches of writes would go past xWrite.
    return REAL_METHODS->xDeviceCharacteristics(REAL) & ~SQLITE_IOCAP_BATCH_ATOMIC;
}
static int power_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory) {
    return REAL_METHODS->xShmMap(REAL, page, size, extend, memory);
}
static int power_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return REAL_METHODS->xShmLock(REAL, offset, count, flags);
}
static void power_shm_barrier(sqlite3_file *file) { REAL_METHODS->xShmBarrier(REAL); }
static int power_shm_unmap(sqlite3_file *file, int deletes) { return REAL_METHODS->xShmUnmap(REAL, deletes); }

// Version 2: without memory-mapped files, whose pages would be written past xWrite.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = power_close,
    .xRead = power_read,
    .xWrite = power_write,
    .xTruncate = power_truncate,
    .xSync = power_sync,
    .xFileSize = power_file_size,
    .xLock = power_lock,
    .xUnlock = power_unlock,
    .xCheckReservedLock = power_check_lock,
    .xFileControl = power_control,
    .xSectorSize = power_sector_size,
    .xDeviceCharacteristics = power_characteristics,
    .xShmMap = power_shm_map,
    .xShmLock = power_shm_lock,
    .xShmBarrier = power_shm_barrier,
    .xShmUnmap = power_shm_unmap,
};

static int power_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    struct power_file *self = of(file);
    memset(self, 0, sizeof *self);
    self->real = (sqlite3_file *)(self + 1);
    self->undo = -1;
    const int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    int is_kept = path != NULL && (flags & (SQLITE_OPEN_MAIN_DB | journals)) != 0 &&
                  (flags & SQLITE_OPEN_READWRITE) != 0 && (flags & SQLITE_OPEN_DELETEONCLOSE) == 0;
    int is_new = is_kept && access(path, F_OK) != 0;
    // Before the file itself: a file that is there without having been noted would count as durable.
    if (is_new) {
        char *name = beside(path, CREATED);
        int marker = name == NULL ? -1 : open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        free(name);
        if (marker < 0) return SQLITE_CANTOPEN;
        close(marker);
    }
    int result = real_vfs->xOpen(real_vfs, path, self->real, flags, out_flags);
    if (result != SQLITE_OK) {
        if (is_new && access(path, F_OK) != 0) drop(path, CREATED);
        // Without methods SQLite does not close it.
        if (self->real->pMethods != NULL) self->real->pMethods->xClose(self->real);
        return result;
    }
    if (is_kept && (self->path = strdup(path)) == NULL) {
        self->real->pMethods->xClose(self->real);
        return SQLITE_NOMEM;
    }
    self->synchronizes_folder = (flags & journals) != 0 && (flags & SQLITE_OPEN_CREATE) != 0;
    self->base.pMethods = &methods;
    return SQLITE_OK;
}

static int power_delete(sqlite3_vfs *vfs, const char *path, int synchronizes_folder) {
    (void)vfs;
    if (synchronizes_folder || has(path, CREATED) || access(path, F_OK) != 0) {
        int result = real_vfs->xDelete(real_vfs, path, synchronizes_folder);
        if (result != SQLITE_OK) return result;
        drop(path, UNDO);
        drop(path, CREATED);
        if (synchronizes_folder) folder_synchronized(path);
        return SQLITE_OK;
    }
    char *undo = beside(path, UNDO), *deleted = beside(path, DELETED), *deleted_undo = beside(path, DELETED UNDO);
    int result = SQLITE_IOERR_DELETE;
    if (undo != NULL && deleted != NULL && deleted_undo != NULL &&
        (rename(undo, deleted_undo) == 0 || errno == ENOENT) && rename(path, deleted) == 0) {
        result = SQLITE_OK;
    }
    free(undo);
    free(deleted);
    free(deleted_undo);
    return result;
}

static sqlite3_vfs vfs;

__attribute__((constructor)) static void lay_under(void) {
    const char *setting = getenv("GOSC_POWER_CUT");
    if (setting != NULL && strcmp(setting, "off") == 0) return;
    real_vfs = sqlite3_vfs_find("unix");
    if (real_vfs == NULL) abort();
    // Everything but files is the business of the real one, whose functions take any VFS.
    vfs = *real_vfs;
    vfs.pNext = NULL;
    vfs.zName = "power-cut";
    vfs.szOsFile = (int)sizeof(struct power_file) + real_vfs->szOsFile;
    vfs.xOpen = power_open;
    vfs.xDelete = power_delete;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) abort();
}
