/** Label selectors (apimachinery, pkg/apis/meta/v1 LabelSelector and pkg/labels). */
import type { LabelSelector, Labels } from "./objects.ts";

/** Whether all that the selector asks is true of the labels; an empty one asks nothing. */
export function selects({ matchLabels, matchExpressions }: LabelSelector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(matchLabels ?? {})) if (labels[key] !== value) return false;
  return (matchExpressions ?? []).every(({ key, operator, values }) => isTrue(labels[key], operator, values ?? []));
}

/** "NotIn" is true of a label that is not there, as in labels.Requirement.Matches. */
function isTrue(value: string | undefined, operator: string, values: readonly string[]): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}

/** The same text for selectors that differ in order only. */
export function canonical({ matchLabels, matchExpressions }: LabelSelector): string {
  const labels = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (matchExpressions ?? []).map(
    ({ key, operator, values }) => `${key} ${operator} (${[...(values ?? [])].sort().join(",")})`,
  );
  return [...labels, ...expressions].sort().join(" & ");
}

/** The labels that it looks at. */
export function keysOf({ matchLabels, matchExpressions }: LabelSelector): string[] {
  return [...Object.keys(matchLabels ?? {}), ...(matchExpressions ?? []).map(({ key }) => key)];
}
