"""How mail is sent: pairs, blocks, probes, SMTP, DNS. Knows neither the database nor the window."""
