/** The attributes that every resource has (neutron/extensions: standardattrdescription, timestamp, revisions, tagging). */
import { type Attributes, attribute, type Row } from "./attribute.ts";
import { nameString, string, uuid } from "./validators.ts";

/** Sizes of neutron_lib/db/constants.py. */
export const SIZE = {
  name: 255,
  description: 255,
  project: 255,
  device: 255,
  longDescription: 1024,
  physicalNetwork: 64,
} as const;

const project = (row: Row) => row.project_id;

export const ID = attribute(["filter", "sort"], { validate: uuid });

export const IDENTITY: Attributes = {
  id: ID,
  name: attribute(["post", "put", "filter", "sort"], { default: "", validate: nameString(SIZE.name) }),
};

type ProjectFlags = Parameters<typeof attribute>[0];

/** `tenant_id` is `project_id` by its old name, in both directions; `flags` as the resource's table has them. */
export const projectWith = (flags: ProjectFlags): Attributes => ({
  tenant_id: attribute(flags, { validate: string(SIZE.project), read: project }),
  project_id: attribute(flags, { validate: string(SIZE.project) }),
});

export const PROJECT: Attributes = projectWith(["post", "filter", "sort"]);

/** Of resources that are part of another one, which has the project. */
export const HIDDEN_PROJECT: Attributes = projectWith(["hidden", "post"]);

const tagsOf = (row: Row) => row.tags as string[];
const split = (values: string[]) => values.flatMap((value) => value.split(","));
const all = (row: Row, tags: string[]) => tags.every((tag) => tagsOf(row).includes(tag));
const any = (row: Row, tags: string[]) => tags.some((tag) => tagsOf(row).includes(tag));

type Test = (row: Row, tags: string[]) => boolean;
const tagFilter = (test: Test) => (values: string[]) => {
  const tags = split(values);
  return (row: Row) => test(row, tags);
};

/** Of resources that take no tags. */
export const UNTAGGED: Attributes = {
  description: attribute(["post", "put", "filter"], { default: "", validate: string(SIZE.description) }),
  created_at: attribute([]),
  updated_at: attribute([]),
  revision_number: attribute(["filter"]),
};

export const STANDARD: Attributes = {
  ...UNTAGGED,
  tags: attribute(["filter"], { match: tagFilter(all) }),
  "tags-any": attribute(["hidden", "filter"], { match: tagFilter(any) }),
  "not-tags": attribute(["hidden", "filter"], { match: tagFilter((row, tags) => !all(row, tags)) }),
  "not-tags-any": attribute(["hidden", "filter"], { match: tagFilter((row, tags) => !any(row, tags)) }),
};
