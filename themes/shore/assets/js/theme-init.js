// Runs before the first paint: says that there is script, and applies the chosen colour scheme.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  try {
    var chosen = localStorage.getItem("shore-theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch (error) {
    // Storage may be forbidden; the system's scheme holds then.
  }
})();
