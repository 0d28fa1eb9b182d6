"""``stadtdraht bench``: figures, measured in one run, compared by ratio."""
