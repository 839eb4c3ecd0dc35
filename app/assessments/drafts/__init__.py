"""Answers saved on one device and continued on another."""
