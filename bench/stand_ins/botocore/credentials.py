"""Names that types are said with; nobody assumes a role without AWS."""


class Credentials:
    pass


class DeferredRefreshableCredentials:
    pass


class AssumeRoleCredentialFetcher:
    pass
