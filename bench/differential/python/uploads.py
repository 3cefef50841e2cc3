"""Forms with files."""

from typing import Annotated

from fastapi import FastAPI, File, Form, UploadFile

app = FastAPI()


def shown(file: UploadFile | None):
    if file is None:
        return None
    return {"name": file.filename, "type": file.content_type, "size": file.size, "text": file.file.read().decode()}


@app.post("/one")
def one(photo: UploadFile): return shown(photo)


@app.post("/optional")
def optional(photo: UploadFile | None = None): return shown(photo)


@app.post("/several")
def several(photos: list[UploadFile]): return [shown(one) for one in photos]


@app.post("/some")
def some(photos: list[UploadFile] = []): return [shown(one) for one in photos]


@app.post("/both")
def both(title: Annotated[str, Form()], photo: UploadFile, note: Annotated[str | None, Form()] = None):
    return {"title": title, "note": note, "photo": shown(photo)}


@app.post("/item/{id}")
def with_path(id: int, q: int, photo: UploadFile): return {"id": id, "q": q, "photo": shown(photo)}


@app.post("/numbers")
def numbers(n: Annotated[int, Form()], photos: list[UploadFile]):
    return {"n": n, "photos": len(photos)}
