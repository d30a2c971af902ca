"""What a member takes along."""
