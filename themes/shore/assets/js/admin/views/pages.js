// Which pages are looked at, and where visitors come from.
import { get } from "../api.js";
import { h, number, t } from "../dom.js";
import { bar, empty, panel, period, table } from "../parts.js";

export function show(view) {
  const { body, tools, signal } = view;
  const { days, element } = period(view);
  tools.append(element);
  const list = (rows, key, name, cell) => {
    const most = Math.max(...rows.map(({ views }) => views));
    return table({
      caption: name,
      rows,
      isList: true,
      columns: [
        { name, head: true, class: "grows", cell },
        { name: t("views"), class: "number with-bar", cell: ({ views }) => [bar(views, most), h("span", {}, number(views))] },
      ],
    });
  };
  body.append(
    panel(view, {
      title: t("top_pages"),
      load: () => get("admin/views", { days, limit: 200 }, signal),
      show: ({ items }) => items.length ? list(items, "path", t("page"), ({ path }) => h("a", { href: path }, path)) : empty(t("no_views")),
    }),
    panel(view, {
      title: t("referrers"),
      load: () => get("admin/referrers", { days, limit: 100 }, signal),
      show: ({ items }) => items.length ? list(items, "host", t("host"), ({ host }) => host) : empty(t("no_referrers")),
    }),
  );
}
