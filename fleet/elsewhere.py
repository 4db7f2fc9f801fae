"""What is to be said of a package of another account, which that account has to let this one have. Pure."""


def unshared(arn: str, error: str) -> str:
    """What is to be said of a package that only registryRoleArn may see, and this account not, by AWS's own words."""
    _, _, _, _, account, rest = arn.split(":", 5)
    return (
        f"this account itself may not see its package {rest} of account {account}, so CreateModel is likely to be "
        "refused: registryRoleArn is for reading only; there, put the group policy on it that `fleet iam registry` "
        f"prints, or share it by AWS RAM ({error})"
    )


def kept(uri: str, error: str) -> str:
    """What is to be said of a package whose model another account keeps from this one, by AWS's own words."""
    read, document, where = ("decrypt", "kms", "key") if "kms:" in error else ("read", "s3", "bucket")
    return (
        f"as far as this run can see, this account may not {read} its model {uri}, so the endpoint is likely to "
        f"fail: there, put on the {where} the policy `{document}` that `fleet iam registry` prints ({error})"
    )


def unlooked(error: str) -> str:
    """What is to be said of images that were not looked at, by AWS's own words, with what another account is to do."""
    if "resource-based policy" not in error:
        return error
    return f"{error}; there, put on the repository the policy `ecr` that `fleet iam registry` prints"
