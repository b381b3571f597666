"""What the tests' S3 server and its clients agree on."""

ACCESS_KEY = "test:tester"
SECRET_KEY = "a-secret-of-the-tests"
REGION = "us-east-1"
