from starlette.testclient import TestClient


def test_the_text_of_each_purpose_is_public_with_its_version(reader: TestClient) -> None:
    reply = reader.get("/v1/consents")

    [consent] = reply.json()["items"]
    assert (consent["purpose"], consent["version"]) == ("health_data", "1")
    assert "18" in consent["text"]
    assert "withdraw" in consent["text"].lower()
