"""What the connector itself says, before or beside the conversation."""

WARNING = (
    "Telegram gehört nicht zur Stadtverwaltung. Bitte schreiben Sie hier keine persönlichen Daten "
    "wie Namen, Adressen oder Aktenzeichen."
)
CARRY = " Für persönliche Anliegen nutzen Sie bitte den Chat der Stadt: {webchat}"
WELCOME = (
    "Guten Tag! Ich bin der digitale Assistent der Stadt und beantworte Fragen zu Ämtern, "
    "Ausweisen, Abfall und vielem mehr.\n\n{warning}\n\n"
    "Ihre Nachrichten werden gespeichert, damit ich antworten kann, und nach der Frist der Stadt "
    "gelöscht. Mit /daten sehen Sie, was gespeichert ist, mit /loeschen löschen Sie es."
)
NO_PHOTO = (
    "Bilder kann ich hier leider noch nicht ansehen, ich habe es auch nicht gespeichert. Bitte "
    "beschreiben Sie in ein paar Worten, worum es geht."
)
PHOTO_UNSEEN = "Das Bild kann ich hier leider noch nicht ansehen. Ich antworte auf Ihren Text dazu."
NO_VOICE = (
    "Sprachnachrichten kann ich hier leider noch nicht verstehen. Bitte schreiben Sie mir Ihr "
    "Anliegen."
)
NO_LOCATION = (
    "Mit einem Standort kann ich leider noch nichts anfangen. Bitte schreiben Sie mir die Straße, "
    "am besten mit Hausnummer."
)
NO_FILE = "Das kann ich hier nicht lesen. Bitte schreiben Sie mir, worum es geht."
EDITED = "Änderungen an einer Nachricht lese ich nicht. Bitte schreiben Sie mir einfach eine neue."
NOT_TAKEN = (
    "Diese Nachricht konnte ich leider nicht annehmen. Bitte schreiben Sie sie mit anderen Worten."
)
ERASED = "Ihre Unterhaltung mit mir ist gelöscht. Den Verlauf in Telegram löschen Sie bitte selbst."
BEGUN_ANEW = "Das bisherige Gespräch ist gelöscht. Was möchten Sie wissen?"
ONLY_DIRECT = "Das geht nur im direkten Gespräch. Bitte schreiben Sie mir dafür direkt."
NOTHING_STORED = "Von Ihnen ist hier nichts gespeichert."


def warning(webchat: str) -> str:
    """Return the notice that Telegram is for public information, with the way out of it."""
    return WARNING + (CARRY.format(webchat=webchat) if webchat else "")


def welcome(webchat: str) -> str:
    """Return the first words to somebody new."""
    return WELCOME.format(warning=warning(webchat))
