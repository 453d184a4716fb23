"""The documents of a statement: documents.py PUMASI. The same bytes twice, no English in Korean ones
but identifiers, and a workbook whose formulas give billing's sums when LibreOffice works them out."""
import csv
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
BASIS = os.path.join(HERE, "basis.json")
# Latin words that a Korean statement may hold: what things are called, and no labels.
ALLOWED = re.compile(r"^(GPU|MIG|B\d+|SK|NIPA|AI|Apache|loan|lease|node|allocation|statement|"
                     r"elice|skt|skbp|kakao|lunit|medical|snu|nipa|A|b|[0-9a-f]{16,64})$")


def run(*args):
    return subprocess.run(args, capture_output=True, check=True, text=True).stdout


def render(pumasi, out, *more):
    run(pumasi, "statement", "render", "-f", BASIS, "--out", out, *more)


def same_twice(pumasi, folder):
    a, b = os.path.join(folder, "a"), os.path.join(folder, "b")
    render(pumasi, a)
    render(pumasi, b)
    names = sorted(os.listdir(a))
    assert names == ["basis.json", "focus.csv", "statement.csv", "statement.json",
                     "statement.pdf", "statement.xlsx"], names
    _, odd, missing = filecmp.cmpfiles(a, b, names, shallow=False)
    assert not odd and not missing, (odd, missing)
    return a


def no_english(texts, where):
    for text in texts:
        for word in re.findall(r"[A-Za-z][A-Za-z0-9]*", re.sub(r"[0-9a-f]{64}", "", text)):
            assert ALLOWED.match(word), f"{where}: English in a Korean document: {word!r} of {text!r}"


def check_pdf(path):
    text = run("pdftotext", "-layout", path, "-")
    for words in ("이용내역서", "민간부담금", "518,687,609", "28,550,010", "회수 예고", "인수시험",
                  "장애 대기 할인", "지원 중단 검토 제안", "미확인", "서명", "정정 사유", "이용률"):
        assert words in text, f"{words} is not in the PDF"
    pages = int(re.search(r"Pages:\s+(\d+)", run("pdfinfo", path)).group(1))
    assert re.search(rf"{pages}\s*/\s*{pages}", text), "page numbers"
    no_english(text.splitlines(), "PDF")


def without_results(path, folder):
    """A copy whose formulas have no results, so that they must be worked out."""
    bare = os.path.join(folder, "bare.xlsx")
    with zipfile.ZipFile(path) as a, zipfile.ZipFile(bare, "w") as b:
        for name in a.namelist():
            b.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", a.read(name)))
    return bare


def check_workbook(path, folder):
    with zipfile.ZipFile(path) as z:
        shared = z.read("xl/sharedStrings.xml").decode()
        sheets = z.read("xl/workbook.xml").decode()
        formulas = sum(z.read(n).decode().count("<f>") for n in z.namelist()
                       if n.startswith("xl/worksheets/"))
    no_english(re.findall(r"<t[^>]*>([^<]*)</t>", shared), "XLSX")
    assert formulas > 40, f"only {formulas} formulas"
    if not shutil.which("soffice"):
        print("# skipped: the workbook was not calculated anew: there is no soffice")
        return
    number = re.findall(r'<sheet name="([^"]+)"', sheets).index("민간부담금") + 1
    run("soffice", f"-env:UserInstallation=file://{folder}/office", "--headless", "--convert-to",
        f'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,{number}',
        "--outdir", folder, without_results(path, folder))
    found = next(f for f in os.listdir(folder) if f.endswith(".csv"))
    rows = list(csv.reader(open(os.path.join(folder, found), encoding="utf-8")))
    members = json.load(open(os.path.join(os.path.dirname(path), "statement.json"),
                             encoding="utf-8"))
    for told in members["members"] + [members["total"]]:
        name = told.get("organisation")
        row = next(r for r in rows if (f"({name})" in r[0] if name else r[0] == "합계"))
        for column, key in ((3, "value_krw"), (4, "burden_krw"), (6, "cash_floor_krw"),
                            (7, "in_kind_max_krw"), (11, "cash_shortfall_krw")):
            cell = int(re.sub(r"[^0-9-]", "", row[column]) or 0)
            assert cell == told[key], f"{name}: {key} {cell} != {told[key]}"


def main():
    pumasi = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        made = same_twice(pumasi, folder)
        check_pdf(os.path.join(made, "statement.pdf"))
        check_workbook(os.path.join(made, "statement.xlsx"), folder)
        english = os.path.join(folder, "english")
        render(pumasi, english, "--english")
        assert "GPU usage statement" in run("pdftotext", os.path.join(english, "statement.pdf"), "-")
    print("ok - the documents are the same twice, Korean, and add up")


if __name__ == "__main__":
    main()
