"""Damage to a drawn invoice: ink on the paper, bent paper, light, camera."""
