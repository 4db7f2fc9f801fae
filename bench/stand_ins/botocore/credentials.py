"""Names that are imported; nobody assumes a role without AWS."""

AssumeRoleCredentialFetcher = Credentials = DeferredRefreshableCredentials = None
