"""What a camera tells, one rule a file (画面规则)."""
