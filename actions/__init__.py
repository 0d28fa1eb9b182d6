"""The action server: looks facts up and turns them into answers with their source and date."""
