"""The whole way: stand-in homeserver, connector, real hub, stub engine, and back."""

from tests.channels.matrix.conftest import until
from tests.channels.matrix.stand_in import SERVER

ANNA = f"@anna:{SERVER}"


async def test_somebody_who_writes_directly_is_welcomed_and_answered(house):
    async with house.connected():
        await house.started()
        room = house.server.room(ANNA)
        await until(lambda: house.server.heard(room))
        house.server.say(room, ANNA, "Wann hat das Bürgerbüro offen?")
        await until(lambda: house.server.answers(room))
    [answer] = house.server.answers(room)
    assert answer.startswith("Antwort auf Wann hat das Bürgerbüro offen?")
    assert house.server.heard(room)[0]["msgtype"] == "m.notice"
    assert house.hub.stub.calls[0]["municipality"] == "soest"
