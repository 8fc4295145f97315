/**
 * The description of the API (OpenAPI 3.1), made of the table of routes and the attribute tables: nothing in it is
 * written twice, so a new resource is described once it is served. Invariant: a route that is served is described.
 */
export { describeApi } from "./document.ts";
export { actionForm, methodForm, TAG_LIST } from "./forms.ts";
export { answerSchema, newSchema } from "./schemas.ts";
