print("apples and pears")
