"""Laws: whatever people, data and machines do, in whatever order, these things hold."""
