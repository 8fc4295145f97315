/** The attributes that every resource has (neutron/extensions: standardattrdescription, timestamp, revisions, tagging). */
import { type Attributes, attribute, type Row } from "./attribute.ts";
import { nameString, string, uuid } from "./validators.ts";

/** Sizes of neutron_lib/db/constants.py. */
export const SIZE = { name: 255, description: 255, project: 255, device: 255 } as const;

const project = (row: Row) => row.project_id;

export const IDENTITY: Attributes = {
  id: attribute(["filter", "sort"], { validate: uuid }),
  name: attribute(["post", "put", "filter", "sort"], { default: "", validate: nameString(SIZE.name) }),
};

/** `tenant_id` is `project_id` by its old name, in both directions. */
export const PROJECT: Attributes = {
  tenant_id: attribute(["post", "filter", "sort"], { validate: string(SIZE.project), read: project }),
  project_id: attribute(["post", "filter", "sort"], { validate: string(SIZE.project) }),
};

const tagsOf = (row: Row) => row.tags as string[];
const split = (values: string[]) => values.flatMap((value) => value.split(","));
const all = (row: Row, tags: string[]) => tags.every((tag) => tagsOf(row).includes(tag));
const any = (row: Row, tags: string[]) => tags.some((tag) => tagsOf(row).includes(tag));

type Test = (row: Row, tags: string[]) => boolean;
const tagFilter = (test: Test) => (values: string[]) => {
  const tags = split(values);
  return (row: Row) => test(row, tags);
};

export const STANDARD: Attributes = {
  description: attribute(["post", "put", "filter"], { default: "", validate: string(SIZE.description) }),
  created_at: attribute([]),
  updated_at: attribute([]),
  revision_number: attribute(["filter"]),
  tags: attribute(["filter"], { match: tagFilter(all) }),
  "tags-any": attribute(["hidden", "filter"], { match: tagFilter(any) }),
  "not-tags": attribute(["hidden", "filter"], { match: tagFilter((row, tags) => !all(row, tags)) }),
  "not-tags-any": attribute(["hidden", "filter"], { match: tagFilter((row, tags) => !any(row, tags)) }),
};
