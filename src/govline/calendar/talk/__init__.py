"""The calendar in a chat: the actions of scenarios, the slot picker, pairs, questions asked before."""
