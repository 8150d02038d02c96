print("gosc")
