"""What botocore is told of AWS's services is what it would read itself, in the same order."""

import botocore.session
import pytest

from fleet.aws.models import ServiceModels


@pytest.mark.parametrize("service", ["sagemaker", "ssm", "sts"])
def test_a_service_is_read_as_botocore_reads_it(service: str) -> None:
    loader = botocore.session.Session().get_component("data_loader")
    its = loader.load_service_model(service, "service-2")
    loader = botocore.session.Session().get_component("data_loader")
    loader.file_loader = ServiceModels()
    ours = loader.load_service_model(service, "service-2")
    assert ours == its
    assert list(ours["operations"]) == list(its["operations"])


def test_what_is_not_there_is_none() -> None:
    assert not ServiceModels().exists("/nowhere/service-2")
    assert ServiceModels().load_file("/nowhere/service-2") is None
