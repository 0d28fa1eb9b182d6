"""What the connector itself says, before or beside the conversation."""

WELCOME = (
    "Guten Tag! Ich bin der digitale Assistent der Stadt und beantworte Fragen zu Ämtern, "
    "Ausweisen, Abfall und vielem mehr. Schreiben Sie einfach, was Sie wissen möchten.\n\n"
    "Ihre Nachrichten werden gespeichert, damit ich antworten kann, und nach der Frist der "
    "Stadt gelöscht. Mit !daten sehen Sie, was gespeichert ist, mit !loeschen löschen Sie es."
)
WELCOME_ROOM = (
    "Guten Tag! Ich bin der digitale Assistent der Stadt. In diesem Raum antworte ich nur, wenn "
    "Sie mich mit Namen ansprechen oder auf meine Nachricht antworten. Alle hier lesen mit: Für "
    "Persönliches schreiben Sie mir bitte direkt."
)
NO_IMAGE = (
    "Bilder kann ich hier leider noch nicht ansehen. Bitte beschreiben Sie in ein paar Worten, "
    "worum es geht."
)
NO_VOICE = (
    "Sprachnachrichten kann ich hier leider noch nicht verstehen. Bitte schreiben Sie mir Ihr "
    "Anliegen."
)
NO_FILE = "Dateien kann ich hier nicht lesen. Bitte schreiben Sie mir, worum es geht."
UNREADABLE = (
    "Ihre Nachricht ist verschlüsselt angekommen und mir fehlt der Schlüssel dazu. Bitte schreiben "
    "Sie sie noch einmal. Hilft das nicht, schreiben Sie mir bitte in einem Raum ohne "
    "Verschlüsselung oder nutzen Sie den Chat auf der Internetseite der Stadt."
)
NOT_TAKEN = (
    "Diese Nachricht konnte ich leider nicht annehmen. Bitte schreiben Sie sie mit anderen Worten."
)
ERASED = (
    "Ihre Unterhaltung mit mir ist gelöscht. Ihre Nachrichten in diesem Raum löschen Sie selbst."
)
ONLY_DIRECT = (
    "Das geht nur im direkten Gespräch. Bitte schreiben Sie mir dafür eine Direktnachricht."
)
NOTHING_STORED = "Von Ihnen ist hier nichts gespeichert."
