"""What ymir is made of beside its own code: versions, licences, known weaknesses, the wheel."""
