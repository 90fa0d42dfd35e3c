# Sums one program's TAP, or the closing figures of node's runner, and prints what failed.
# -v name=WHAT -v status=EXIT_CODE -v sums=FILE: "passed failed" is appended to FILE; -v empty_ok=1: a file may have no test.
# Skipped, cancelled and missing tests are failures, and so is a program that says nothing or ends badly without saying why.
# cmocka indents a plan with a tab; node indents the tests inside a test, which its closing figures count and TAP's top level doesn't.
function complain(text) { print "FAIL " name ": " text; failed++ }
/^[ \t]*1\.\.[0-9]+/ && !indent_of_node() { split($0, plan, /\.\./); planned += plan[2] }
/^ok / { if (tolower($0) ~ /# *(skip|todo)/) skipped++; else passed++; shown = 0 }
/^not ok / { refused++ }
# node counts a file without a test, and under some versions every file, as a test of its own.
/^ok .*\.mjs$/ { files++ }
/^# (pass|fail|cancelled|skipped|todo|tests) [0-9]+$/ { figure[$2] = $3; node = 1 }
# The text of a failure: its line and the diagnosis after it.
/^[ \t]*not ok / { if (!node) print "FAIL " name ": " $0; shown = 1; next }
/^[ \t]*(ok |# Subtest)/ { shown = 0 }
shown { print "    " $0; if ($0 ~ /^[ \t]*\.\.\.$/) shown = 0 }
{ last[NR % 40] = $0 }
function indent_of_node() { return $0 ~ /^    / }
END {
	failed = 0
	if (node) {
		passed = figure["pass"] - files
		failed = figure["fail"] + figure["cancelled"]
		if (figure["skipped"] + figure["todo"] > 0)
			for (i = figure["skipped"] + figure["todo"]; i > 0; i--) complain("a test was skipped")
	} else {
		failed = refused
		for (i = 0; i < skipped; i++) complain("a test was skipped")
		if (planned > passed + failed) {
			missing = planned - passed - failed
			for (i = 0; i < missing; i++) complain("a planned test did not run")
		}
	}
	if (passed + failed == 0 && status == 0 && empty_ok) ;
	else if (passed + failed == 0) complain(status == 124 || status == 137 ? "timed out" : "no test ran (exit code " status ")")
	else if (status != 0 && failed == 0) complain(status == 124 || status == 137 ? "timed out" : "exit code " status)
	if (failed > 0 && status != 0 && !node)
		for (i = 1; i <= 40; i++) if (last[(NR + i) % 40] != "") print "    | " last[(NR + i) % 40]
	print passed + 0, failed + 0 >> sums
}
