"""Sends and reads what examples/gallery has with the package that
openapi-python-client makes of its document. Arguments: the address, a token.
"""

import datetime
import io
import sys

from gallery import AuthenticatedClient, models
from gallery.api.default import latest
from gallery.api.photos import add, change, file, list_, prints, read, remove
from gallery.types import UNSET, File

base, token = sys.argv[1:]
client = AuthenticatedClient(base_url=base, token=token)
CONTENT = b"\x89PNG\r\n\x1a\n of a client in Python"


def same(what, got, want):
    if got != want:
        sys.exit(f"{what}: {got!r}, want {want!r}")


def errors_of_a_group():
    answer = latest.sync_detailed(client=client)
    same("no latest photo", (answer.status_code, answer.parsed.status, answer.parsed.title), (404, 404, "Not Found"))


def body():
    return models.BodyAdd(
        title="Dawn",
        taken=datetime.date(2026, 11, 26),
        file=File(io.BytesIO(CONTENT), "dawn.png", "image/png"),
        more=[File(io.BytesIO(b"one"), "1"), File(io.BytesIO(b"two"), "2")],
    )


def upload():
    answer = add.sync_detailed(client=client, body=body())
    photo = answer.parsed
    same("status of a new photo", answer.status_code, 201)
    same("its address", answer.headers["Location"], f"/photos/{photo.id}")
    same("what it is", (photo.kind, photo.size, photo.taken), ("image/png", len(CONTENT), datetime.date(2026, 11, 26)))
    same("what a default filled in, and what is null", (photo.shown, photo.caption, photo.frame, photo.tags), ("PT5S", None, None, []))
    again = add.sync_detailed(client=client, body=body())
    same("the same file again", (again.status_code, again.parsed.id), (200, photo.id))
    same("its address", again.headers["Location"], f"/photos/{photo.id}")
    return photo


def absent_null_and_values(photo):
    same("a change that says nothing", models.Change().to_dict(), {})
    now = change.sync(photo.id, client=client, body=models.Change(caption="the harbour", tags=["sea"]))
    same("what was sent changes, what was absent stays", (now.caption, now.tags, now.taken, now.title), ("the harbour", ["sea"], photo.taken, "Dawn"))
    now = change.sync(photo.id, client=client, body=models.Change(caption=None, taken=None, title=UNSET))
    same("null removes", (now.caption, now.taken, now.title, now.tags), (None, None, "Dawn", ["sea"]))


def unions(photo):
    for frame in models.Round(kind="round", radius=2.5), models.Edged(kind="edged", width=3.0, height=4.0):
        now = change.sync(photo.id, client=client, body=models.Change(frame=frame))
        same("a frame of one kind", now.frame, frame)
    now = change.sync(photo.id, client=client, body=models.Change(frame=None))
    same("a frame taken off", now.frame, None)


def defaults(photo):
    answer = prints.sync_detailed(photo.id, client=client, body=models.Order(paper=None))
    same("prints", (answer.status_code, answer.parsed.copies, answer.parsed.paper), (202, 1, None))
    job = prints.sync(photo.id, client=client, body=models.Order(paper=models.OrderPaperType0.GLOSSY, copies=3))
    same("glossy prints", (job.copies, job.paper), (3, "glossy"))
    photos = list_.sync(client=client, tag=["sea"], from_=datetime.date(2000, 1, 1), limit=5)
    same("photos of a day that was removed", photos, [])


def errors(photo):
    answer = read.sync_detailed(999999, client=client)
    same("a photo that is not there", (answer.status_code, answer.parsed), (404, models.Failure("handler", "there is no photo 999999", [])))
    answer = change.sync_detailed(photo.id, client=client, body=models.Change(title="", caption="LOUD"))
    same("what does not fit", (answer.status_code, [one.loc for one in answer.parsed.problems]), (422, [["body", "title"], ["body", "caption"]]))
    answer = prints.sync_detailed(photo.id, client=client, body=models.Order(paper=models.OrderPaperType0.GLOSSY, copies=50))
    same("two members that do not go together", (answer.status_code, answer.parsed.problems[0].type_), (422, "too_many"))
    answer = list_.sync_detailed(client=AuthenticatedClient(base_url=base, token="x"))
    same("a stranger", (answer.status_code, answer.parsed.code), (401, "credential"))
    same("and what to present", answer.headers["WWW-Authenticate"].startswith("Bearer"), True)


def removed(photo):
    answer = file.sync_detailed(photo.id, client=client)
    same("the file", (answer.status_code, answer.content), (200, CONTENT))
    answer = remove.sync_detailed(photo.id, client=client)
    same("removing", answer.status_code, 204)


errors_of_a_group()
photo = upload()
absent_null_and_values(photo)
unions(photo)
defaults(photo)
errors(photo)
removed(photo)
