/** Address groups (neutron_lib/exceptions/address_group.py). */
import { type FaultRow, row } from "./row.ts";

export const ADDRESS_GROUP = {
  AddressGroupNotFound: row(404, "Address group %(address_group_id)s could not be found."),
  AddressGroupInUse: row(409, "Address group %(address_group_id)s is in use on one or more security group rules."),
  AddressesAlreadyExist: row(400, "Addresses %(addresses)s already exist in the address group %(address_group_id)s."),
  AddressesNotFound: row(404, "Addresses %(addresses)s not found in the address group %(address_group_id)s."),
} as const satisfies Record<string, FaultRow>;
