"""Dates as people write and say them. Now is Sunday, 22 November 2026, 10:00."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from german.dates import BERLIN, day_value, parse_dates, time_value

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=BERLIN)

DAYS = """
heute                                   | 2026-11-22
wann hat das bürgerbüro in soest morgen auf | 2026-11-23
morgen                                  | 2026-11-23
übermorgen                              | 2026-11-24
uebermorgen                             | 2026-11-24
gestern                                 | 2026-11-21
am Dienstag                             | 2026-11-24
nächsten Dienstag                       | 2026-11-24
naechsten dienstag                      | 2026-11-24
übernächsten Dienstag                   | 2026-12-01
kommenden Freitag                       | 2026-11-27
diesen Sonntag                          | 2026-11-22
nächsten Sonntag                        | 2026-11-29
letzten Donnerstag                      | 2026-11-19
Habt ihr mittwochs offen?               | 2026-11-25
Mittwochnachmittag                      | 2026-11-25
am do                                   | 2026-11-26
heute in einer Woche                    | 2026-11-29
Dienstag in acht Tagen                  | 2026-12-01
Dienstag in einer Woche                 | 2026-12-01
in 3 Tagen                              | 2026-11-25
in drei wochen                          | 2026-12-13
in zwei monaten                         | 2027-01-22
vor zwei Wochen                         | 2026-11-08
nächste Woche                           | 2026-11-23/2026-11-29
diese Woche                             | 2026-11-16/2026-11-22
nächste Woche Dienstag                  | 2026-11-24
Dienstag übernächster Woche             | 2026-12-01
Ende nächster Woche                     | 2026-11-26/2026-11-27
am Wochenende                           | 2026-11-28/2026-11-29
24.12.                                  | 2026-12-24
hat das rathaus am 24.12 auf            | 2026-12-24
24. 12.                                 | 2026-12-24
24. Dezember                            | 2026-12-24
24. dez                                 | 2026-12-24
2026-12-24                              | 2026-12-24
3.5.2027                                | 2027-05-03
03.05.27                                | 2027-05-03
3. März                                 | 2027-03-03
am dritten mai                          | 2027-05-03
am dritten fünften                      | 2027-05-03
am einundzwanzigsten Dezember           | 2026-12-21
dritter mai zweitausendachtundzwanzig   | 2028-05-03
29.2.                                   | 2028-02-29
am 5.                                   | 2026-12-05
vom 3. bis 7. Mai                       | 2027-05-03/2027-05-07
vom 28. November bis 2. Dezember        | 2026-11-28/2026-12-02
zwischen dem 24.12. und dem 2.1.        | 2026-12-24/2027-01-02
von Montag bis Freitag                  | 2026-11-23/2026-11-27
im Dezember                             | 2026-12-01/2026-12-31
im Mai 2028                             | 2028-05-01/2028-05-31
Ende Dezember                           | 2026-12-21/2026-12-31
nächsten Monat                          | 2026-12-01/2026-12-31
nächstes Jahr                           | 2027-01-01/2027-12-31
Fronleichnam                            | 2027-05-27
hat das bürgerbüro an fronleichnam zu   | 2027-05-27
Heiligabend                             | 2026-12-24
Heilig Abend                            | 2026-12-24
Silvester                               | 2026-12-31
Rosenmontag                             | 2027-02-08
Weiberfastnacht                         | 2027-02-04
Allerheiligen                           | 2027-11-01
Pfingstmontag                           | 2027-05-17
Karfreitag                              | 2027-03-26
Karfreitag 2028                         | 2028-04-14
Buß- und Bettag                         | 2027-11-17
zwischen den Jahren                     | 2026-12-27/2026-12-30
am zweiten Advent                       | 2026-12-06
Ostern nächstes Jahr                    | 2027-03-26/2027-03-29
"""

TIMES = """
um 10                        | 10:00
um zehn                      | 10:00
15 Uhr                       | 15:00
15:30                        | 15:30
14.30 Uhr                    | 14:30
15 Uhr 30                    | 15:30
fünfzehn uhr dreißig         | 15:30
halb vier                    | 15:30
um halb neun                 | 08:30
viertel nach drei            | 15:15
viertel vor acht             | 07:45
dreiviertel vier             | 15:45
viertel vier                 | 15:15
zehn vor halb vier           | 15:20
fünf nach acht               | 08:05
um acht abends               | 20:00
6 Uhr morgens                | 06:00
zwischen 8 und 12            | 08:00/12:00
von 8 bis 12 Uhr             | 08:00/12:00
8 bis 12:30 Uhr              | 08:00/12:30
8-12 Uhr                     | 08:00/12:00
von 8 bis 4                  | 08:00/16:00
ab 14 Uhr                    | 14:00/
bis 12 Uhr                   | /12:00
vormittags                   | 08:00/12:00
nachmittags                  | 13:00/18:00
am Abend                     | 18:00/22:00
"""

BOTH = """
am dritten mai um halb vier            | 2027-05-03 | 15:30
nächsten Dienstag nachmittag           | 2026-11-24 | 13:00/18:00
Dienstagnachmittag                     | 2026-11-24 | 13:00/18:00
morgen zwischen 8 und 12               | 2026-11-23 | 08:00/12:00
morgen früh                            | 2026-11-23 | 06:00/10:00
heute abend                            | 2026-11-22 | 18:00/22:00
am 24.12. von 9 bis 12 Uhr             | 2026-12-24 | 09:00/12:00
Montag 8 Uhr                           | 2026-11-23 | 08:00
um 10 Uhr am Freitag                   | 2026-11-27 | 10:00
"""

NO_DATES = [
    "Guten Morgen, ich brauche einen Ausweis",
    "Morgen!",
    "morgen zusammen",
    "schönen guten Abend",
    "Lindenstraße 14a",
    "ich habe 2 Hunde",
    "mein Kind ist 7",
    "von 8 bis 12 Jahren",
    "am 31.2.",
    "Das kostet 24,12 Euro",
    "0171 2345678",
    "wann tagt der rat",
    "naja, so-so",
    "Feierabend",
    "Paragraph 3.14.15",
]


def _rows(table):
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


@pytest.mark.parametrize(("text", "value"), _rows(DAYS))
def test_days(text, value):
    assert [day_value(match) for match in parse_dates(text, NOW) if match.days] == [value]


@pytest.mark.parametrize(("text", "value"), _rows(TIMES))
def test_times(text, value):
    assert [time_value(match) for match in parse_dates(text, NOW)] == [value]


@pytest.mark.parametrize(("text", "day", "moment"), _rows(BOTH))
def test_days_with_times(text, day, moment):
    (match,) = parse_dates(text, NOW)
    assert (day_value(match), time_value(match)) == (day, moment)


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date(text):
    assert parse_dates(text, NOW) == []


def test_intervals_are_half_open_and_know_their_words():
    (match,) = parse_dates("Geht Dienstag, 24.11. um 10 Uhr?".replace("Dienstag, ", ""), NOW)
    assert match.start == datetime(2026, 11, 24, 10, tzinfo=BERLIN)
    assert match.end == datetime(2026, 11, 24, 11, tzinfo=BERLIN)
    assert match.text == "24.11. um 10 Uhr"
    assert match.grain == "hour"
    (day,) = parse_dates("übermorgen", NOW)
    assert day.end - day.start == timedelta(days=1)


def test_several_dates_in_one_message():
    found = parse_dates("Geht Montag um 9 oder lieber am 3.12. nachmittags?", NOW)
    assert [(day_value(match), time_value(match)) for match in found] == [
        ("2026-11-23", "09:00"),
        ("2026-12-03", "13:00/18:00"),
    ]


def test_a_time_that_has_passed_belongs_to_tomorrow():
    (later,) = parse_dates("um 15 Uhr", NOW)
    (passed,) = parse_dates("um 9 Uhr", NOW)
    assert later.start.date() == NOW.date()
    assert passed.start.date() == NOW.date() + timedelta(days=1)


def test_soon():
    (half_hour,) = parse_dates("in einer halben Stunde", NOW)
    (two_hours,) = parse_dates("ich komme in 2 Stunden", NOW)
    assert half_hour.start == NOW + timedelta(minutes=30)
    assert two_hours.start == NOW + timedelta(hours=2)


def test_relative_days_count_from_berlins_midnight():
    shortly_before = datetime(2026, 11, 22, 23, 30, tzinfo=timezone.utc)  # 0:30 in Berlin
    (match,) = parse_dates("morgen", shortly_before)
    assert day_value(match) == "2026-11-24"


def test_days_of_the_change_to_and_from_summer_time():
    (spring,) = parse_dates("am 28.3.2027", NOW)
    (autumn,) = parse_dates("am 31.10.2027", NOW)
    utc = timezone.utc
    assert spring.end.astimezone(utc) - spring.start.astimezone(utc) == timedelta(hours=23)
    assert autumn.end.astimezone(utc) - autumn.start.astimezone(utc) == timedelta(hours=25)
    (skipped,) = parse_dates("am 28.3.2027 um 2:30 Uhr morgens", NOW)
    assert (skipped.start.hour, skipped.start.minute) == (3, 30)


@given(st.text(alphabet="0123456789.:-/ amundbisuhrvonoktze", max_size=80))
@settings(max_examples=150, deadline=None)
def test_nothing_written_breaks_the_grammar(text):
    for match in parse_dates(text, NOW):
        assert match.start < match.end
        assert text[slice(*match.span)] == match.text


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.sampled_from(_rows(DAYS)))  # noqa: DTZ001
@settings(max_examples=80, deadline=None)
def test_every_phrase_means_something_on_every_day(now, row):
    assert parse_dates(row[0], now)


@pytest.mark.parametrize("piece", ["1", "am 1. ", "heute ", "um zehn ", "zwischen 8 und ", "von "])
def test_long_messages_are_read_in_bounded_time(piece):
    parse_dates(piece * (10_000 // len(piece)), NOW)
