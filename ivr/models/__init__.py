"""What hears, thinks and speaks for us, behind the ports of ports.py; models that need no network in offline/."""
