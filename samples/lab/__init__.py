"""The lab: boots, drives, tampers with and saves the guests of the samples."""
