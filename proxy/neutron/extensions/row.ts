/** A row of the list of extensions, in Neutron's words (neutron_lib/api/definitions, neutron/extensions). */

export interface Extension {
  alias: string;
  name: string;
  updated: string;
  description: string;
}

export const row = (alias: string, name: string, updated: string, description: string): Extension => ({
  alias,
  name,
  updated,
  description,
});
