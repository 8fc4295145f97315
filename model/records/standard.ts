/** What every Neutron resource carries. */

/** A lower-case dashed UUID. */
export type Id = string;

export interface Standard {
  id: Id; // control
  project_id: string; // user
  name: string; // user
  description: string; // user
  created_at: string; // control, ISO 8601 in UTC with seconds: 2026-01-31T12:00:00Z
  updated_at: string; // control
  revision_number: number; // control: +1 with every change that a user can see
  tags: string[]; // user
}
