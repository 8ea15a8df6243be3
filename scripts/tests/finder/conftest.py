"""A tokenizer of the finder, trained the same way on less text, once for all tests."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer

from lab.finder.tokenizer import open_tokenizer, train


@pytest.fixture(scope="session")
def tokenizer_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    train(3, texts=60).save(str(path))
    return path


@pytest.fixture(scope="session")
def tokenizer(tokenizer_file) -> Tokenizer:
    return open_tokenizer(tokenizer_file)
