"""Sections of the page that are about every table alike, made of the plan and the commits."""
