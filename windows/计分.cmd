@echo off
rem ASCII only: cmd reads this file in the code page of the system. What people read, launch.py says.
setlocal EnableExtensions DisableDelayedExpansion
pushd "%~dp0" || exit /b 2
set "PY="
if exist "python\python.exe" set "PY=python\python.exe"
rem Asked, not only found: the py of a Python taken away and the python of the Store stand on PATH too.
if not defined PY py -3 -c "" >nul 2>nul && set "PY=py -3"
if not defined PY python -c "" >nul 2>nul && set "PY=python"
if not defined PY goto none
rem A dropped folder: Explorer puts no quotes around a name with & in it, and cmd cuts it there.
rem The whole line goes on as a variable; launch.py takes it apart. The rest of it must not be run: exit.
set "SELF=%~nx0"
setlocal EnableDelayedExpansion
set "DROPPED=!CMDCMDLINE!"
%PY% windows\launch.py score %*
set "CODE=!ERRORLEVEL!"
pause
exit !CODE!
:none
start "" windows\python-needed.html
echo Python 3.11 or newer (64-bit) is needed: https://www.python.org/downloads/windows/
pause
exit 2
