"""What stage 03 asks: answers that break a promise count as failures, with messages that say why."""
