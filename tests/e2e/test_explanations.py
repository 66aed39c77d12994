"""What envstore prints for the classic failures is what docs/explanations.md says."""
import pathlib
import re
import tempfile
import unittest

from classic_failures import FAILURES, printed
from support import ENVSTORE, EnvstoreTest, HERE

PAGE = HERE.parents[1] / "docs" / "explanations.md"


def texts_of_page():
    """By title: the first block, which is envstore's."""
    texts = {}
    for section in PAGE.read_text().split("\n## ")[1:]:
        title, _, rest = section.partition("\n")
        texts[title] = re.search(r"```console\n(.*?)\n```", rest, re.S).group(1)
    return texts


class Explanations(EnvstoreTest):
    def test_the_page_shows_what_is_printed(self):
        texts = texts_of_page()
        self.assertEqual(sorted(texts), sorted(failure.title for failure in FAILURES))
        for failure in FAILURES:
            with self.subTest(failure.title):
                folder = pathlib.Path(tempfile.mkdtemp(dir=self.home))
                self.store = folder / "store"
                text = printed("envstore", failure, folder, [ENVSTORE, "run", "--python", "/usr/bin/python3"], self.environment)
                self.assertEqual("$ %s\n%s" % (failure.command("envstore"), text), texts[failure.title])
                self.settle()

    def environment(self, url):
        return {**self.env, "ENVSTORE_ROOT": str(self.store), "ENVSTORE_DEFAULT_INDEX": url}


if __name__ == "__main__":
    unittest.main()
