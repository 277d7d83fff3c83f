"""Damage to a drawn invoice: ink on the paper, bends, light, camera."""
