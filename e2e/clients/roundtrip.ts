// Sends and reads what examples/gallery has with the types that are made of its
// document: this file must compile, and run. Arguments: the address, a token.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[] };
const [base, token] = process.argv.slice(2) as [string, string];

type Photo = components["schemas"]["Photo"];
type Frame = NonNullable<Photo["frame"]>;

const client = createClient<paths>({ baseUrl: base, headers: { Authorization: `Bearer ${token}` } });

function same(what: string, got: unknown, want: unknown): void {
  const sorted = (value: unknown) =>
    JSON.stringify(value, (_, v) => (v && typeof v === "object" && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v));
  if (sorted(got) !== sorted(want)) {
    throw new Error(`${what}: ${sorted(got)}, want ${sorted(want)}`);
  }
}

// is narrows what may be absent, as data is beside an error.
function is<T>(what: string, value: T | undefined, error?: unknown): T {
  if (value === undefined) {
    throw new Error(`${what}: nothing, with the error ${JSON.stringify(error)}`);
  }
  return value;
}

function multipart(body: Record<string, string | Blob | Blob[] | undefined>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) {
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value]) {
      form.append(name, one);
    }
  }
  return form;
}

async function errorsOfAGroup(): Promise<void> {
  const { error, response } = await client.GET("/v1/latest");
  same("no latest photo", [response.status, error?.status, error?.title], [404, 404, "Not Found"]);
}

async function upload(): Promise<Photo> {
  const body = {
    title: "Dawn",
    taken: "2026-11-26",
    file: new Blob(["\x89PNG\r\n\x1a\n of a client in TypeScript"], { type: "image/png" }),
    more: [new Blob(["one"]), new Blob(["two"])],
  };
  const first = await client.POST("/photos", { body, bodySerializer: multipart });
  const photo = is("the new photo", first.data, first.error);
  same("status of a new photo", first.response.status, 201);
  same("its address", first.response.headers.get("Location"), `/photos/${photo.id}`);
  same("what a default filled in, and what is null", [photo.shown, photo.caption, photo.frame, photo.tags], ["PT5S", null, null, []]);

  const again = await client.POST("/photos", { body, bodySerializer: multipart });
  same("the same file again", [again.response.status, again.data?.id], [200, photo.id]);
  same("its address", again.response.headers.get("Location"), `/photos/${photo.id}`);
  return photo;
}

async function change(id: number, body: components["schemas"]["Change"]): Promise<Photo> {
  const { data, error } = await client.PATCH("/photos/{id}", { params: { path: { id } }, body });
  return is("the changed photo", data, error);
}

async function absentNullAndValues({ id }: Photo): Promise<void> {
  let photo = await change(id, { caption: "the harbour", tags: ["sea"] });
  same("what was sent changes, what was absent stays", [photo.caption, photo.tags, photo.taken, photo.title], ["the harbour", ["sea"], "2026-11-26", "Dawn"]);
  photo = await change(id, { caption: null, taken: null });
  same("null removes", [photo.caption, photo.taken, photo.tags], [null, null, ["sea"]]);
}

function describe(frame: Frame): string {
  switch (frame.kind) { // which narrows
    case "round":
      return `round ${frame.radius}`;
    case "edged":
      return `edged ${frame.width} ${frame.height}`;
  }
}

async function unions({ id }: Photo): Promise<void> {
  const frames: Frame[] = [{ kind: "round", radius: 2.5 }, { kind: "edged", width: 3, height: 4 }];
  const told: string[] = [];
  for (const frame of frames) {
    told.push(describe(is("the frame", (await change(id, { frame })).frame ?? undefined)));
  }
  same("each kind of frame", told, ["round 2.5", "edged 3 4"]);
  same("a frame taken off", (await change(id, { frame: null })).frame, null);
}

async function defaults({ id }: Photo): Promise<void> {
  const params = { path: { id } };
  const { data, error, response } = await client.POST("/photos/{id}/prints", { params, body: { paper: null } });
  const job = is("the job", data, error);
  same("prints", [response.status, job.copies, job.paper], [202, 1, null]);
  const { data: second } = await client.POST("/photos/{id}/prints", { params, body: { paper: "glossy", copies: 3 } });
  same("glossy prints", [second?.copies, second?.paper], [3, "glossy"]);
  const list = await client.GET("/photos", { params: { query: { tag: ["sea"], from: "2000-01-01", limit: 5 } } });
  same("photos of a day that was removed", list.data, []);
}

async function errors({ id }: Photo): Promise<void> {
  const params = { path: { id } };
  const none = await client.GET("/photos/{id}", { params: { path: { id: 999999 } } });
  same("a photo that is not there", [none.response.status, none.error], [404, { code: "handler", message: "there is no photo 999999", problems: [] }]);
  const wrong = await client.PATCH("/photos/{id}", { params, body: { title: "", caption: "LOUD" } });
  same("what does not fit", [wrong.response.status, wrong.error?.problems.map((one) => one.loc)], [422, [["body", "title"], ["body", "caption"]]]);
  const glossy = await client.POST("/photos/{id}/prints", { params, body: { paper: "glossy", copies: 50 } });
  same("two members that do not go together", [glossy.response.status, glossy.error?.problems[0]?.type], [422, "too_many"]);
  const stranger = await client.GET("/photos", { headers: { Authorization: "Bearer x" } });
  same("a stranger", [stranger.response.status, stranger.error?.code], [401, "credential"]);
  same("and what to present", stranger.response.headers.get("WWW-Authenticate")?.startsWith("Bearer"), true);
}

async function removed({ id }: Photo): Promise<void> {
  const params = { path: { id } };
  const file = await client.GET("/photos/{id}/file", { params, parseAs: "blob" });
  same("the file", await (file.data as Blob | undefined)?.text(), "\x89PNG\r\n\x1a\n of a client in TypeScript");
  const { response } = await client.DELETE("/photos/{id}", { params });
  same("removing", response.status, 204);
}

await errorsOfAGroup();
const photo = await upload();
await absentNullAndValues(photo);
await unions(photo);
await defaults(photo);
await errors(photo);
await removed(photo);
