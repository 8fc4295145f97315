/** Trunks (neutron/services/trunk/exceptions.py). */
import { type FaultRow, row } from "./row.ts";

export const TRUNK = {
  TrunkNotFound: row(404, "Trunk %(trunk_id)s could not be found."),
  TrunkInUse: row(409, "Trunk %(trunk_id)s is currently in use."),
  TrunkPortInUse: row(409, "Port %(port_id)s is in use by another trunk."),
  ParentPortInUse: row(409, "Port %(port_id)s is currently in use and is not eligible for use as a parent port."),
  PortInUseAsTrunkParent: row(409, "Port %(port_id)s is currently a parent port for trunk %(trunk_id)s."),
  PortInUseAsSubPort: row(409, "Port %(port_id)s is currently a subport for trunk %(trunk_id)s."),
  DuplicateSubPort: row(
    409,
    "segmentation_type %(segmentation_type)s and segmentation_id %(segmentation_id)s already in use on trunk %(trunk_id)s.",
  ),
  SubPortNotFound: row(404, "SubPort %(port_id)s on trunk %(trunk_id)s could not be found."),
  SubPortMtuGreaterThanTrunkPortMtu: row(
    409,
    "MTU %(port_mtu)s of subport %(port_id)s cannot be greater than MTU %(trunk_mtu)s of trunk %(trunk_id)s.",
  ),
  SubPortBindingError: row(500, "Failed to set port binding for port %(port_id)s on trunk %(trunk_id)s."),
  TrunkDisabled: row(409, "Trunk %(trunk_id)s is currently disabled."),
  TrunkInErrorState: row(
    409,
    "Trunk %(trunk_id)s is in error state. Attempt to resolve the error condition before proceeding.",
  ),
  TrunkPluginDriverConflict: row(
    409,
    "A misconfiguration in the environment prevents the operation from completing, please, contact the admin.",
  ),
  SegmentationTypeValidatorNotFound: row(
    404,
    "Validator not found for segmentation type %(seg_type)s. It must be registered before the plugin init can proceed.",
  ),
} as const satisfies Record<string, FaultRow>;
