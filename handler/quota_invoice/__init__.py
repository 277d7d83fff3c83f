"""From the event that announces an upload to the record that lies beside it."""
