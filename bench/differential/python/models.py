"""What bodies may say: null, nothing, defaults, dates, unions, checks of one's own."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import FastAPI, Form, Query
from pydantic import BaseModel, Field, field_validator, model_validator

app = FastAPI()


class Defaults(BaseModel):
    name: str
    size: int = 10
    ratio: Annotated[float, Field(ge=0, le=1)] = 0.5
    on: bool = True
    color: Literal["red", "green"] = "red"
    note: str | None = None
    code: str | None
    tags: list[str] = ["a", "b"]
    counts: dict[str, int] = {}
    maybe: list[int] | None = None


@app.post("/defaults")
def defaults(body: Defaults) -> Defaults: return body


class Change(BaseModel):
    title: Annotated[str, Field(max_length=5)] = "unset"
    text: str | None = None
    done: bool = False


@app.patch("/patch")
def patch(body: Change): return body.model_dump(exclude_unset=True)


class Days(BaseModel):
    day: date | None = None
    at: datetime | None = None
    lasts: timedelta | None = None
    days: list[date] = []


@app.post("/days")
def days(body: Days) -> Days: return body


class OneDay(BaseModel):
    v: date


class OneLength(BaseModel):
    v: timedelta


@app.get("/day")
def day(v: date) -> OneDay: return OneDay(v=v)


@app.get("/day/{v}")
def day_in_path(v: date) -> OneDay: return OneDay(v=v)


@app.post("/day")
def day_in_form(v: Annotated[date, Form()]) -> OneDay: return OneDay(v=v)


@app.get("/length")
def length(v: timedelta) -> OneLength: return OneLength(v=v)


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=0)]


class Dog(BaseModel):
    kind: Literal["dog"]
    barks: bool = False
    name: str


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


@app.post("/pet")
def pet(pet: Pet) -> Pet: return pet


class Home(BaseModel):
    pets: list[Pet]
    first: Pet | None = None


@app.post("/home")
def home(home: Home) -> Home: return home


class Span(BaseModel):
    begins: int
    ends: int

    @model_validator(mode="after")
    def check(self):
        if self.ends < self.begins:
            raise ValueError("it ends before it begins")
        return self


class Plan(BaseModel):
    name: str
    spans: list[Span] = []


@app.post("/span")
def span(body: Span) -> Span: return body


@app.post("/plan")
def plan(body: Plan) -> Plan: return body


class Even(BaseModel):
    n: int

    @field_validator("n")
    @classmethod
    def check(cls, v: int) -> int:
        if v % 2:
            raise ValueError("it is odd")
        return v


@app.post("/even")
def even(body: Even) -> Even: return body


@app.get("/spanned")
def spanned(span: Annotated[Span, Query()]): return span
