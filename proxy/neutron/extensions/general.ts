/** What holds for every resource: lists, standard attributes, tags. */
import { type Extension, row } from "./row.ts";

export const GENERAL: readonly Extension[] = [
  row(
    "empty-string-filtering",
    "Empty String Filtering Extension",
    "2018-05-01T10:00:00-00:00",
    "Allow filtering by attributes with empty string value",
  ),
  row(
    "filter-validation",
    "Filter parameters validation",
    "2018-07-04T10:00:00-00:00",
    "Provides validation on filter parameters.",
  ),
  row(
    "pagination",
    "Pagination support",
    "2016-06-12T00:00:00-00:00",
    "Extension that indicates that pagination is enabled.",
  ),
  row(
    "project-id",
    "project_id field enabled",
    "2016-09-09T09:09:09-09:09",
    "Extension that indicates that project_id field is enabled.",
  ),
  row(
    "revision-if-match",
    "If-Match constraints based on revision_number",
    "2016-12-11T00:00:00-00:00",
    "Extension indicating that If-Match based on revision_number is supported.",
  ),
  row("sort-key-validation", "Sort keys validation", "2018-07-04T10:00:00-00:00", "Provides validation on sort keys."),
  row("sorting", "Sorting support", "2016-06-12T00:00:00-00:00", "Extension that indicates that sorting is enabled."),
  row(
    "standard-attr-description",
    "standard-attr-description",
    "2016-02-10T10:00:00-00:00",
    "Extension to add descriptions to standard attributes",
  ),
  row(
    "standard-attr-revisions",
    "Resource revision numbers",
    "2016-04-11T10:00:00-00:00",
    "This extension will display the revision number of neutron resources.",
  ),
  // The name lists the resources whose tags work.
  row(
    "standard-attr-tag",
    "Tag support for resources with standard attribute: network, subnet, port",
    "2017-01-01T00:00:00-00:00",
    "Enables to set tag on resources with standard attribute.",
  ),
  row(
    "standard-attr-timestamp",
    "Resource timestamps",
    "2016-09-12T10:00:00-00:00",
    "Adds created_at and updated_at fields to all Neutron resources that have Neutron standard attributes.",
  ),
  row(
    "tag-creation",
    "Tag creation extension",
    "2024-23-07T10:00:00-00:00",
    "Allow to create multiple tags for a resource",
  ),
];
