"""GTFS: what leaves at a stop, with the traps of real feeds."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest

from actions.services import gtfs
from actions.services.gtfs import Timetable, TimetableError, read_timetable

FILES = {
    "stops.txt": (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,platform_code\n"
        's0,"Soest, Bahnhof",51.578,8.104,1,\n'
        's1,"Soest, Bahnhof",51.578,8.104,0,3\n'
        's2,"Soest, Bahnhof",51.578,8.104,0,4\n'
        's3,"Soest, Markt",51.572,8.106,,\n'
        's4,"Werl, Markt",51.553,7.914,,\n'
    ),
    "routes.txt": "route_id,route_short_name,route_long_name\nr1,R51,Soest - Werl\nr2,,Nachtbus\n",
    "trips.txt": (
        "route_id,service_id,trip_id,trip_headsign\n"
        "r1,mofr,t1,Werl\nr1,mofr,t2,Soest\nr2,nacht,t3,Werl\nr1,extra,t4,Werl\n"
    ),
    "stop_times.txt": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type\n"
        "t1,08:00:00,08:02:00,s1,1,0\nt1,08:05:00,08:05:00,s3,2,0\nt1,08:30:00,08:30:00,s4,3,0\n"
        "t2,09:00:00,09:00:00,s4,1,0\nt2,09:25:00,09:25:00,s3,2,1\nt2,09:30:00,09:30:00,s2,3,0\n"
        "t3,24:40:00,24:40:00,s1,1,\nt3,25:10:00,25:10:00,s4,2,\n"
        "t4,8:10:00,8:10:00,s2,5,0\nt4,8:40:00,8:40:00,s4,9,0\n"
    ),
    "calendar.txt": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "mofr,1,1,1,1,1,0,0,20261101,20261231\nnacht,0,0,0,0,0,1,0,20261101,20261231\n"
    ),
    "calendar_dates.txt": ("service_id,date,exception_type\nmofr,20261225,2\nextra,20261122,1\n"),
    "feed_info.txt": "feed_publisher_name,feed_version\nVerbund,2026-11-01\n",
}


def feed(tmp_path: Path, **changes: str | None) -> Path:
    folder = tmp_path / "feed"
    folder.mkdir(exist_ok=True)
    for name, text in FILES.items():
        changed = changes.get(name.removesuffix(".txt"), text)
        if changed is not None:
            (folder / name).write_text(changed, encoding="utf-8")
    return folder


def read(folder: Path, **near: object) -> Timetable:
    return read_timetable(folder, "Soest", near.get("centre"), 5.0)  # type: ignore[arg-type]


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def board(timetable: Timetable, stop: str, begin: str, hours: int = 24) -> list[str]:
    (found,) = timetable.stops_named(stop)
    first = at(begin)
    planned = timetable.departures(found.id, first, first + dt.timedelta(hours=hours))
    return [
        f"{each.at.astimezone(gtfs.BERLIN):%a %H:%M} {each.line} {each.destination}"
        for each in planned
    ]


def test_a_zip_is_read_like_a_folder(tmp_path: Path):
    folder = feed(tmp_path)
    archive = tmp_path / "feed.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name in FILES:
            packed.writestr(name, b"\xef\xbb\xbf" + (folder / name).read_bytes())
    monday = "2026-11-23T07:00+01:00"
    assert board(read(archive), "Markt", monday) == board(read(folder), "Markt", monday)
    assert read(archive).as_of == dt.date(2026, 11, 1)


def test_platforms_of_one_name_are_one_stop(tmp_path: Path):
    timetable = read(feed(tmp_path))
    assert [each.name for each in timetable.stops] == ["Bahnhof", "Markt", "Werl, Markt"]
    assert board(timetable, "soest bahnhof", "2026-11-23T07:00+01:00", 8) == ["Mon 08:02 R51 Werl"]
    assert (
        timetable.departures("s0", at("2026-11-23T07:00+01:00"), at("2026-11-23T09:00+01:00"))[
            0
        ].platform
        == "3"
    )


def test_where_a_trip_ends_or_nobody_may_board_there_is_no_departure(tmp_path: Path):
    timetable = read(feed(tmp_path))
    assert board(timetable, "Markt", "2026-11-23T07:00+01:00") == ["Mon 08:05 R51 Werl"]


def test_times_past_midnight_belong_to_the_day_before(tmp_path: Path):
    timetable = read(feed(tmp_path))
    assert board(timetable, "Bahnhof", "2026-11-22T00:10+01:00", 2) == ["Sun 00:40 Nachtbus Werl"]


def test_exceptions_add_and_remove_days(tmp_path: Path):
    timetable = read(feed(tmp_path))
    assert board(timetable, "Bahnhof", "2026-11-22T05:00+01:00", 12) == ["Sun 08:10 R51 Werl"]
    assert board(timetable, "Markt", "2026-12-25T00:00+01:00", 20) == []


def test_the_clock_change_moves_no_departure(tmp_path: Path):
    changed = FILES["calendar.txt"].replace("mofr,1,1,1,1,1,0,0", "mofr,1,1,1,1,1,1,1")
    changed = changed.replace("20261101,20261231", "20260301,20271231")
    timetable = read(feed(tmp_path, calendar=changed))
    assert board(timetable, "Markt", "2027-03-28T00:00+01:00", 12) == ["Sun 08:05 R51 Werl"]
    assert board(timetable, "Markt", "2026-10-25T00:00+02:00", 12) == ["Sun 08:05 R51 Werl"]


def test_days_outside_of_the_feed_are_not_covered(tmp_path: Path):
    timetable = read(feed(tmp_path))
    assert timetable.covers(dt.date(2026, 12, 31))
    assert not timetable.covers(dt.date(2027, 1, 1))
    assert not timetable.covers(dt.date(2026, 10, 31))


def test_only_stops_near_the_centre_are_kept(tmp_path: Path):
    timetable = read(feed(tmp_path), centre=(51.57, 8.1))
    assert [each.name for each in timetable.stops] == ["Bahnhof", "Markt"]


def test_stops_are_found_with_typing_errors(tmp_path: Path):
    timetable = read(feed(tmp_path))
    assert [each.name for each in timetable.stops_named("Banhof")] == ["Bahnhof"]
    assert timetable.stops_named("Mondbasis") == []
    assert timetable.stops_named("  ") == []


@pytest.mark.parametrize(
    ("table", "text", "told"),
    [
        ("stop_times", None, "stop_times.txt is missing"),
        ("stops", "stop_id\ns1\n", "column stop_name is missing"),
        ("stop_times", FILES["stop_times.txt"].replace("08:02:00", "acht"), "feed: "),
        ("trips", "route_id,service_id,trip_id\n", "trips.txt does not hold t1"),
        ("calendar", FILES["calendar.txt"].replace("20261231", "2026-13-45"), "feed: "),
    ],
)
def test_a_broken_feed_is_told(tmp_path: Path, table: str, text: str | None, told: str):
    with pytest.raises(TimetableError, match=told):
        read(feed(tmp_path, **{table: text}))


def test_garbage_is_no_zip(tmp_path: Path):
    file = tmp_path / "feed.zip"
    file.write_bytes(b"\x00\xff garbage")
    with pytest.raises(TimetableError, match=r"feed.zip: "):
        read(file)


def test_a_feed_of_the_whole_country_is_refused_without_a_centre(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gtfs, "MOST_DEPARTURES", 3)
    with pytest.raises(TimetableError, match="set centre and km"):
        read(feed(tmp_path))
