// Who has an account: role, lock, sessions.
import { get, send } from "../api.js";
import { h, number, t, time } from "../dom.js";
import { act, action, addRows, ask, badge, empty, more, panel, table } from "../parts.js";

const LIMIT = 50;

export function show(view) {
  const { body, signal, account } = view;
  const load = async (after) => (await get("admin/accounts", { after, limit: LIMIT }, signal)).items;
  body.append(panel(view, {
    load: () => load(),
    show: (items, again) => {
      if (!items.length) return empty(t("no_accounts"));
      const columns = columnsOf(view, account, again);
      const made = table({ caption: t("view_accounts"), columns, rows: items });
      const rest = more(view, { items, limit: LIMIT, key: "email", load, add: (rows) => addRows(made, columns, rows) });
      return [h("p", { class: "meta" }, t("accounts_text")), made, rest];
    },
  }));
}

function columnsOf(view, account, again) {
  const change = async (row, body, done) => {
    if (await act(view, () => send("PATCH", `admin/accounts/${row.id}`, body), done)) again();
  };
  const lock = async (row) => {
    const locked = Boolean(row.disabled_at);
    if (!locked && !(await ask({ title: t("lock_title", { email: row.email }), text: t("lock_text"), yes: t("lock") }))) return;
    await change(row, { disabled: !locked }, t(locked ? "unlocked" : "locked", { email: row.email }));
  };
  const role = async (row) => {
    const field = { label: t("role"), value: row.role, pattern: "[a-z][a-z0-9_]{0,62}", options: ["member", "admin"] };
    const chosen = await ask({ title: t("role_title", { email: row.email }), text: t("role_text"), yes: t("save"), danger: false, field });
    if (chosen && chosen !== row.role) await change(row, { role: chosen }, t("role_changed", { email: row.email, role: chosen }));
  };
  return [
    { name: t("email"), head: true, class: "grows", cell: ({ email, id }) => [email, id === account.id && [" ", badge(t("you"), "info")]] },
    { name: t("role"), cell: ({ role, disabled_at }) => [badge(role, role === "admin" ? "important" : "note"), disabled_at && [" ", badge(t("is_locked"), "danger")]] },
    { name: t("open_sessions"), class: "number", cell: ({ id, sessions, email }) => sessions ? h("a", { href: `#/sessions?${new URLSearchParams({ account: id })}`, "aria-label": t("sessions_of", { email, n: number(sessions) }) }, number(sessions)) : "0" },
    { name: t("last_seen"), cell: ({ last_seen_at }) => time(last_seen_at) },
    { name: t("since"), cell: ({ created_at }) => time(created_at) },
    {
      name: "",
      class: "acts",
      // One's own account cannot be locked, nor give up the role.
      cell: (row) => row.id !== account.id && h(
        "div",
        { class: "admin-actions" },
        action({ label: t("change_role"), about: row.email, run: () => role(row) }),
        action({ label: t(row.disabled_at ? "unlock" : "lock"), about: row.email, danger: !row.disabled_at, run: () => lock(row) }),
      ),
    },
  ];
}
