// Prints the types of an API, whose document's address is the argument, as
// openapi-typescript makes them. Its own command cannot be told the two things
// that stand here.
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const blob = ts.factory.createTypeReferenceNode("Blob");

const types = await openapiTS(new URL(process.argv[2]), {
  defaultNonNullable: false, // a member with a default may be left out of a request; answers have it as required
  transform: (schema) => (schema.format === "binary" ? blob : undefined), // files
});
process.stdout.write(astToString(types));
