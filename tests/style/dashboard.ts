// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// tests/style/dashboard puts the dashboard's JSON behind this: it must be of Grafana's own type.
// In JSON, members of enums are their values.
import type { Dashboard } from '@grafana/schema';

type Json<T> = T extends string
  ? `${T}`
  : T extends number | boolean | null | undefined
    ? T
    : T extends (infer U)[]
      ? Json<U>[]
      : T extends object
        ? { [K in keyof T]: Json<T[K]> }
        : T;

export const dashboard: Json<Dashboard> =
