"""What every process of Stadtdraht shares: settings, logs, health, start and stop."""
