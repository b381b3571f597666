"""The comparison as a file for a spreadsheet."""

import re

import pytest
from django.test import Client

from experiments.models import Experiment
from registry.hyperparameters import Kind
from tests.factories import LogFactory
from tests.tracking.experiment_compare.comparing import give, line, url_of


def test_the_file(two: list[Experiment], client: Client) -> None:
    first, second = two
    give(first, "epochs", Kind.INTEGER, "22")
    give(second, "epochs", Kind.TEXT, "22")
    give(first, "rate", Kind.NUMBER, "-0.5")
    give(second, "rate", Kind.TEXT, "")
    give(first, "flag", Kind.BOOLEAN, "true")
    line(first, "loss", 0.1, -0.30000000000000004)
    response = client.get(url_of(*two, name="experiment_compare_table", sort="-created"))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="comparison.csv"'
    titles, *lines = (re.findall(r'(?:^|(?<=,))("(?:[^"]|"")*"|[^,"]*)', line) for line in response.text.splitlines())
    rows = {line[1]: dict(zip(titles, line, strict=True)) for line in lines}
    assert list(rows) == ['"second"', '"first"']
    one, other = rows['"first"'], rows['"second"']
    epochs, rate, flag = (f'"hyperparameter {key}"' for key in ("epochs", "rate", "flag"))
    assert (one[epochs], other[epochs]) == ("22", '"22"')
    assert (one[rate], other[rate]) == ("-0.5", '""')
    assert (one[flag], other[flag]) == ("true", "")
    assert (one['"loss, last"'], one['"loss, lowest"']) == ("-0.30000000000000004",) * 2


@pytest.mark.parametrize("begin", list("=+-@\t＝＋－＠"))
def test_no_text_of_the_file_is_a_formula(two: list[Experiment], client: Client, begin: str) -> None:
    text = f'{begin}HYPERLINK("http://evil")'
    give(two[0], "note", Kind.TEXT, text)
    LogFactory(experiment=two[0], name=text.strip(), data=text)
    Experiment.objects.filter(pk=two[0].pk).update(name=text.strip())
    cells = client.get(url_of(*two, name="experiment_compare_table")).text
    doubled = text.replace('"', '""')
    assert f'"\'{doubled}"' in cells
    for before in (",", "\r\n"):
        assert f'{before}"{doubled}' not in cells
        assert f"{before}{begin}" not in cells
